/** Whether the bundle is one of saved pages, which have no kernel (`build.mjs`). */
declare const SAVED: boolean;
