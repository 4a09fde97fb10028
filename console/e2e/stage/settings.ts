/** What whoever starts the system says of it; the defaults are for `cargo xtask up` and `npm run dev`. */
const { env } = process;

/** Where the browser finds the console. */
export const CONSOLE = env.OMS_CONSOLE ?? "http://localhost:5173";
/** A gateway that stays when the browser's is killed. */
export const SIDE_DOOR = env.OMS_SIDE_DOOR ?? env.OMS_SYSTEM ?? "http://127.0.0.1:8000";
/** Kills processes of the system, and starts them again. */
export const CONTROL = env.OMS_CONTROL;
/** A manager's, where people are asked who they are. */
export const TOKEN = env.OMS_TOKEN;
export const CHROMIUM = env.OMS_CHROMIUM ?? "/usr/bin/chromium";
/** Where pictures go. */
export const PICTURES = env.OMS_PICTURES ?? "../target/console";
/** Tells what this run makes from what is there. */
export const RUN = Date.now().toString(36).toUpperCase();
/** Longest wait for what should come soon, on a machine that has much to do. */
export const PATIENCE_MS = 60_000;
