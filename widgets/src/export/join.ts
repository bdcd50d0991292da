// The script of a saved view after the first of its page, which has brought what starts it.

import { hand } from "./views";

/** What the script's own text gives it (`page_body` in Python). */
declare const token: string, names: string, code: string;

hand(token, names, code);
