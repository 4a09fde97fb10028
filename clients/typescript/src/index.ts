/**
 * Calls the order management system: connections that repeat what may be repeated, refusals with their reasons, and
 * watches that resume. The stubs are in `gen/`, made from the contracts in `proto/`.
 */
export { connect } from "./connection.js";
export { events } from "./events.js";
export { Reason, refusalOf, type Refusal, type Violation } from "./refusal.js";
