export { methodWord, orderLook } from "./order";
export { paymentLook, refundLook } from "./payment";
export { lookOfReservation, reservationLook } from "./reservation";
