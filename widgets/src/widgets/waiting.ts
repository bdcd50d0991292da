// What is said of a step that has not come.

/** Why it has not: it is on its way, nobody has answered for long, or there is nobody who could. */
export type Waiting = "coming" | "silent" | "gone";

const reasons: Record<Waiting, [why: string, more: string]> = {
  coming: ["is being fetched…", ""],
  silent: ["has not come yet: the kernel does not answer, it may be busy", ""],
  gone: [
    "cannot be fetched: the kernel that made this view is gone",
    ". Steps seen before can still be shown; run the cell again for all",
  ],
};

/** `old`: the step that is still on screen, if there is one. */
export function excuse(wanted: string, old: string | undefined, waiting: Waiting): string {
  const [why, more] = reasons[waiting];
  return `step ${wanted} ${why}${old === undefined ? "" : `; below is still step ${old}`}${more}`;
}
