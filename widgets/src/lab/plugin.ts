// What the extension adds to a page: the panel, the tab of a run for its files, commands. What draws is loaded when one of them is seen.

import type { Arrangement } from "../run-table/arrangement";
import type { App, DocumentContext, DocumentWidget, Modules, Services, Widget } from "./host";
import type { Place } from "./run-tab";
import { Server } from "./server";

type Views = typeof import("./views");
/** What draws, in its own file beside this one; the build says what that is called. */
declare const VIEWS: string;

const ID = "jupyter-tracking";
const FACTORY = "Run";
const COMMANDS = { show: `${ID}:show-runs`, open: `${ID}:open-run`, refresh: `${ID}:refresh-runs` };
/**
 * What the tabs that come back after a reload are kept under. JupyterLab takes everything that is kept under one name and a colon for a tab of that
 * name, and removes what is none: nothing else of ours may be called so.
 */
const TABS = `${ID}-tab`;
/** Of how many tables and tabs it is remembered how they were left. */
const REMEMBERED = 50;
/** How long it is waited for the file browser to be where it was before a reload (ms). */
const RESTORED = 2000;
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16"><g class="jp-icon3" fill="#616161">' +
  '<path d="M1 2h1.5v11.5H15V15H1z"/><path d="m4 11.2 2.9-4.6 2.6 2.3 3.6-5.9 1.3.8-4.5 7.3-2.6-2.3-2 3.2z"/></g></svg>';

/** Something that is drawn in a widget. */
interface Drawn {
  show(): void;
  hide(): void;
  refresh?(): void;
  destroy(): void;
}

/** Add everything to a page. Throws where the page has not what this needs. */
export function start(app: App, modules: Modules, services: Services, here: string): void {
  const { Widget: Base } = modules["@lumino/widgets"] ?? {};
  if (!Base) throw new Error("this page shares no @lumino/widgets");
  const server = new Server(modules, app.serviceManager.serverSettings);
  const LabIcon = modules["@jupyterlab/ui-components"]?.LabIcon;
  const icon = LabIcon ? new LabIcon({ name: `${ID}:runs`, svgstr: ICON }) : undefined;
  const settings = { root: "", refreshSeconds: 2 };
  const interval = (): number => settings.refreshSeconds * 1000;
  const tables = new Remembered(services.state, `${ID}:tables`);
  const places = new Remembered(services.state, `${ID}:tabs`);
  let views: Promise<Views> | null = null;
  const load = (): Promise<Views> => {
    const url = new URL(VIEWS, here).href;
    views ??= import(url) as Promise<Views>;
    views.catch(() => (views = null)); // the next time it may be there
    return views;
  };

  /** A widget that draws when it is first seen, and says what hinders it. */
  class LazyWidget extends Base {
    private drawn: Drawn | null = null;
    private isLoading = false;
    private readonly place = document.createElement("div");

    constructor(private readonly draw: (host: HTMLElement) => Promise<Drawn>) {
      super();
      this.place.style.height = "100%";
      this.node.append(this.place);
      this.node.style.cssText = "overflow:auto;background:var(--jp-layout-color0)";
      this.addClass("jt-lab-widget");
    }

    override onAfterShow(): void {
      void this.seen();
    }

    override onAfterAttach(): void {
      if (this.isVisible) void this.seen();
    }

    override onBeforeHide(): void {
      this.drawn?.hide();
    }

    override dispose(): void {
      this.drawn?.destroy();
      this.drawn = null;
      super.dispose();
    }

    refresh(): void {
      if (this.isVisible) void this.seen().then(() => this.drawn?.refresh?.());
      else this.drawn?.refresh?.();
    }

    private async seen(): Promise<void> {
      if (this.isLoading) return;
      this.isLoading = true;
      try {
        if (!this.drawn) {
          this.place.replaceChildren();
          this.drawn = await this.draw(this.place);
        }
        if (this.isVisible) this.drawn.show();
      } catch (error) {
        console.error("jupyter-tracking:", error);
        this.explain(error);
      }
      this.isLoading = false;
    }

    /** In this widget alone; the rest of the page goes on. */
    private explain(error: unknown): void {
      const note = document.createElement("p");
      note.setAttribute("role", "alert");
      note.style.cssText =
        "margin:8px;font:var(--jp-ui-font-size1) var(--jp-ui-font-family);color:var(--jp-ui-font-color1)";
      note.textContent = `This could not be drawn: ${String(error).slice(0, 300)}. Close and open it to try again; nothing else is affected.`;
      this.place.replaceChildren(note);
    }
  }

  const open = (path: string): void => {
    const done = app.commands.execute("docmanager:open", { path, factory: FACTORY });
    done.catch((error) => console.error("jupyter-tracking:", error));
  };
  const panel = new LazyWidget(async (host) => {
    // The folder that was open before a reload comes back a moment later.
    const { model } = services.browser ?? {};
    const restored = Promise.race([
      model?.restored,
      new Promise((done) => setTimeout(done, RESTORED)),
    ]);
    const [{ RunsPanel }] = await Promise.all([load(), restored]);
    return new RunsPanel(host, {
      server,
      folder: () => settings.root || currentFolder(app, modules, services),
      interval,
      open,
      arrangement: (root) => tables.get(root),
      arranged: (root, arrangement: Arrangement) => tables.put(root, arrangement),
    });
  });
  panel.id = `${ID}-runs`;
  panel.title.caption = "Runs";
  if (icon) panel.title.icon = icon;
  else panel.title.label = "Runs";
  app.shell.add(panel, "left", { rank: 650, type: "Runs" });
  services.restorer?.add(panel, panel.id);
  services.browser?.model.pathChanged.connect(() => panel.refresh());

  addCommands(app, services, {
    icon,
    open,
    show: () => app.shell.activateById(panel.id),
    refresh: () => panel.refresh(),
  });
  attempt("the settings", () => readSettings(services, settings, () => panel.refresh()));
  attempt("the tab of a run", () =>
    addTab(app, modules, services, icon, (context, named) => {
      const made = new LazyWidget(async (host) => {
        const { RunTab } = await load();
        return new RunTab(host, {
          server,
          path: () => app.serviceManager.contents.localPath(context.path),
          interval,
          place: await places.get(context.path),
          moved: (place: Place) => places.put(context.path, place),
          named,
        });
      });
      return made;
    }),
  );
}

/** One part that fails leaves the others. */
function attempt(what: string, make: () => void): void {
  try {
    make();
  } catch (error) {
    console.error(`jupyter-tracking: ${what} could not be added:`, error);
  }
}

/** The folder that the file browser shows; without one, that of the document. */
function currentFolder(app: App, modules: Modules, services: Services): string {
  const { contents } = app.serviceManager;
  const shown = services.browser?.model.path;
  if (shown !== undefined) return contents.localPath(shown);
  const context = (app.shell.currentWidget as Partial<DocumentWidget> | null)?.context;
  const path =
    context?.path ?? modules["@jupyterlab/coreutils"]?.PageConfig.getOption("notebookPath") ?? "";
  return contents.localPath(path).split("/").slice(0, -1).join("/");
}

interface Actions {
  icon: unknown;
  open(path: string): void;
  show(): void;
  refresh(): void;
}

function addCommands(
  app: App,
  { palette }: Services,
  { icon, open, show, refresh }: Actions,
): void {
  const add = (id: string, label: string, caption: string, execute: (args: any) => void): void => {
    app.commands.addCommand(id, { label, caption, icon, execute });
    palette?.addItem({ command: id, category: "Runs" });
  };
  add(
    COMMANDS.show,
    "Show the Runs of This Folder",
    "Open the panel with the runs of the folder",
    show,
  );
  add(
    COMMANDS.refresh,
    "Look for Runs Again",
    "Ask the server again for the runs of the folder",
    refresh,
  );
  app.commands.addCommand(COMMANDS.open, {
    label: "Open a Run",
    caption: "Open the run that a file is of, by its path",
    execute: ({ path }: { path?: unknown }) => (typeof path === "string" ? open(path) : show()),
  });
}

function readSettings(
  { settings }: Services,
  into: { root: string; refreshSeconds: number },
  changed: () => void,
): void {
  const read = ({ composite }: { composite: Record<string, unknown> }): void => {
    const { root, refreshSeconds } = composite;
    into.root = typeof root === "string" ? root : "";
    into.refreshSeconds = typeof refreshSeconds === "number" ? Math.max(1, refreshSeconds) : 2;
    changed();
  };
  settings
    ?.load(`${ID}:plugin`)
    .then((loaded) => {
      read(loaded);
      loaded.changed.connect(() => read(loaded));
    })
    .catch((error) => console.warn("jupyter-tracking: the settings could not be read:", error));
}

/** Open the files of a run as the run. */
function addTab(
  app: App,
  modules: Modules,
  services: Services,
  icon: unknown,
  make: (context: DocumentContext, named: (name: string) => void) => Widget,
): void {
  const docregistry = modules["@jupyterlab/docregistry"];
  if (!docregistry) throw new Error("this page shares no @jupyterlab/docregistry");
  const { ABCWidgetFactory, TextModelFactory } = docregistry;
  const MainAreaWidget = modules["@jupyterlab/apputils"]?.MainAreaWidget;
  if (!MainAreaWidget) throw new Error("this page shares no @jupyterlab/apputils");
  const types = [
    {
      name: `${ID}-run`,
      displayName: "Run",
      pattern: "^(run|lineages)\\.plx\\.json$",
      extensions: [],
      mimeTypes: ["application/json"],
    },
    {
      name: `${ID}-events`,
      displayName: "Events of a Run",
      extensions: [".plx"],
      mimeTypes: ["text/plain"],
    },
  ];
  for (const type of types) app.docRegistry.addFileType({ ...type, icon });

  /** The page reads nothing of the file, which may be large: the server does. */
  class NoModelFactory extends TextModelFactory {
    get name(): string {
      return ID;
    }
    get contentType(): string {
      return "file";
    }
    get fileFormat(): null {
      return null;
    }
    /** As a document that others keep, of which the page makes no checkpoint: that would lie in the folder of the run. */
    override createNew(options: object = {}): object {
      return super.createNew({ ...options, collaborationEnabled: true });
    }
  }
  /**
   * What shows a document, and is called what the run is called. It is no `DocumentWidget` of JupyterLab's: that one renames its file to
   * whatever its tab is called.
   */
  class RunDocument extends MainAreaWidget {
    constructor(
      readonly context: DocumentContext,
      content: Widget,
    ) {
      super({ content, reveal: context.ready });
      this.title.label = context.path.split("/").slice(-2).join("/");
      if (icon) this.title.icon = icon;
    }
    setFragment(): void {
      // There are no places within a run to go to.
    }
  }
  class RunFactory extends ABCWidgetFactory {
    createNewWidget(context: DocumentContext): DocumentWidget {
      const content = make(context, (name) => {
        widget.title.label = name;
      });
      const widget = new RunDocument(context, content);
      return widget;
    }
  }
  app.docRegistry.addModelFactory(new NoModelFactory());
  const fileTypes = types.map(({ name }) => name);
  const factory = new RunFactory({
    name: FACTORY,
    label: FACTORY,
    modelName: ID,
    fileTypes,
    defaultFor: fileTypes,
    readOnly: true,
  });
  app.docRegistry.addWidgetFactory(factory);
  const Tracker = modules["@jupyterlab/apputils"]?.WidgetTracker;
  if (!Tracker || !services.restorer) return;
  const tracker = new Tracker({ namespace: TABS });
  factory.widgetCreated.connect((_, widget) => {
    void tracker.add(widget);
    widget.context.pathChanged.connect(() => void tracker.save(widget));
  });
  void services.restorer.restore(tracker, {
    command: "docmanager:open",
    args: (widget: DocumentWidget) => ({ path: widget.context.path, factory: FACTORY }),
    name: (widget: DocumentWidget) => widget.context.path,
  });
}

/** What the page keeps by names, those that were put last. */
class Remembered {
  private kept: Promise<Record<string, unknown>> | null = null;

  constructor(
    private readonly state: Services["state"],
    private readonly id: string,
  ) {}

  private load(): Promise<Record<string, unknown>> {
    const read = async (): Promise<Record<string, unknown>> => {
      const found = await this.state?.fetch(this.id).catch(() => undefined);
      return typeof found === "object" && found !== null ? { ...found } : {};
    };
    return (this.kept ??= read());
  }

  async get(name: string): Promise<unknown> {
    const kept = await this.load();
    return Object.hasOwn(kept, name) ? kept[name] : undefined;
  }

  async put(name: string, value: object): Promise<void> {
    const kept = await this.load();
    delete kept[name];
    kept[name] = value;
    for (const old of Object.keys(kept).slice(0, -REMEMBERED)) delete kept[old];
    await this.state?.save(this.id, kept).catch(() => undefined);
  }
}
