import { common } from "./common";
import { frame } from "./frame";
import { inventory } from "./inventory";
import { orders } from "./orders";
import { overview } from "./overview";
import { payments } from "./payments";
import { statuses } from "./statuses";

export const en = { ...common, frame, statuses, orders, payments, inventory, overview };
