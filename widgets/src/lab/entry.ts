// What JupyterLab and Notebook 7 load when a page begins. A page has to come up whatever is wrong here: modules that are missing, late or others
// than they were are told in a message, and nothing that is thrown leaves this file. What draws is loaded when something is first drawn.

import type { App, Modules, Services } from "./host";
import { start } from "./plugin";

type Factory = () => unknown;
/** What a page shares: of each module its versions. */
type Scope = Record<
  string,
  Record<string, { get(): Promise<Factory> | Factory; loaded?: unknown }>
>;

const NAME = "jupyter-tracking";
/** How long a page waits for modules that it shares (ms): they are its own, and it cannot come up without most of them. */
const PATIENCE = 10_000;
const SHARED = [
  "@jupyterlab/application",
  "@jupyterlab/apputils",
  "@jupyterlab/coreutils",
  "@jupyterlab/docregistry",
  "@jupyterlab/filebrowser",
  "@jupyterlab/services",
  "@jupyterlab/settingregistry",
  "@jupyterlab/statedb",
  "@jupyterlab/ui-components",
  "@lumino/widgets",
] as const satisfies (keyof Modules)[];

/** Where this script lies, and beside it what draws. */
const here = (document.currentScript as HTMLScriptElement | null)?.src ?? "";

let scope: Scope = {};

/** Take a module that the page shares: the version that is in use. */
async function take(name: string): Promise<unknown> {
  const versions = Object.values(scope[name] ?? {});
  const version = versions.find((each) => each.loaded) ?? versions.at(-1);
  return version ? (await version.get())() : undefined;
}

/** Take what there is of them in time. */
async function takeAll(): Promise<Modules> {
  const modules: Record<string, unknown> = {};
  const every = Promise.allSettled(
    SHARED.map(async (name) => {
      modules[name] = await take(name);
    }),
  );
  await Promise.race([every, new Promise((done) => setTimeout(done, PATIENCE))]);
  return { ...modules } as Modules;
}

/** Say that the panel is not there, and why. */
function tell(modules: Modules, error: unknown): void {
  const words = `The panel of jupyter-tracking could not be started: ${String(error).slice(0, 300)}. Nothing else is affected.`;
  console.error(words, error);
  try {
    modules["@jupyterlab/apputils"]?.Notification?.error(words, { autoClose: false });
  } catch {
    // It is in the console.
  }
}

const none = { __esModule: true, default: [] };

async function extension(): Promise<object> {
  const modules = await takeAll();
  const offered: Record<keyof Services, unknown> = {
    restorer: modules["@jupyterlab/application"]?.ILayoutRestorer,
    palette: modules["@jupyterlab/apputils"]?.ICommandPalette,
    settings: modules["@jupyterlab/settingregistry"]?.ISettingRegistry,
    state: modules["@jupyterlab/statedb"]?.IStateDB,
    browser: modules["@jupyterlab/filebrowser"]?.IDefaultFileBrowser,
  };
  const tokens = Object.entries(offered).filter(([, token]) => token);
  const plugin = {
    id: `${NAME}:plugin`,
    description: "The runs of a folder in a panel, and each in a tab.",
    autoStart: true,
    optional: tokens.map(([, token]) => token),
    activate: (app: App, ...given: unknown[]): void => {
      try {
        const services = Object.fromEntries(tokens.map(([name], n) => [name, given[n] ?? null]));
        const all = { restorer: null, palette: null, settings: null, state: null, browser: null };
        start(app, modules, { ...all, ...services } as Services, here);
      } catch (error) {
        tell(modules, error);
      }
    },
  };
  return { __esModule: true, default: [plugin] };
}

const container = {
  init(shared: Scope): void {
    scope = shared ?? {};
  },
  async get(): Promise<Factory> {
    const found = await extension().catch((error: unknown) => {
      tell({}, error);
      return none;
    });
    return () => found;
  },
};

const all = ((window as any)._JUPYTERLAB ??= {});
all[NAME] = container;
