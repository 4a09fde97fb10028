export { methodWord, orderLook } from "./order";
export { paymentLook, refundLook } from "./payment";
export { reservationLook } from "./reservation";
