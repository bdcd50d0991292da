// As much of JupyterLab's and Lumino's own types as is used here. Their code is the page's: nothing of it is in our bundles.

export interface Signal<Args> {
  connect(slot: (sender: unknown, args: Args) => void): boolean;
}

export interface Widget {
  id: string;
  readonly node: HTMLElement;
  readonly isVisible: boolean;
  readonly title: { label: string; caption: string; icon: unknown };
  addClass(name: string): void;
  dispose(): void;
}
/** Lumino's class, with what a class of ours may answer. */
type WidgetClass = new () => Widget & {
  onAfterShow(message: unknown): void;
  onBeforeHide(message: unknown): void;
  onAfterAttach(message: unknown): void;
};

export interface DocumentContext {
  readonly path: string;
  readonly ready: Promise<void>;
  readonly pathChanged: Signal<string>;
}
export interface DocumentWidget extends Widget {
  readonly context: DocumentContext;
}

export interface ServerSettings {
  readonly baseUrl: string;
}

export interface App {
  readonly commands: {
    addCommand(id: string, options: object): unknown;
    execute(id: string, args?: object): Promise<unknown>;
  };
  readonly shell: {
    add(widget: Widget, area: string, options?: object): void;
    activateById(id: string): void;
    readonly currentWidget: Widget | null;
  };
  readonly docRegistry: {
    addFileType(type: object): unknown;
    addModelFactory(factory: object): unknown;
    addWidgetFactory(factory: object): unknown;
  };
  readonly serviceManager: {
    readonly serverSettings: ServerSettings;
    readonly contents: { localPath(path: string): string };
  };
}

/** The modules of the page, by their names; any may be missing in a front end that has no such part. */
export interface Modules {
  "@jupyterlab/application"?: { ILayoutRestorer?: unknown };
  "@jupyterlab/apputils"?: {
    ICommandPalette?: unknown;
    Notification?: { error(message: string, options?: object): unknown };
    MainAreaWidget?: new (options: { content: Widget; reveal?: Promise<unknown> }) => Widget;
    WidgetTracker?: new (options: { namespace: string }) => Tracker;
  };
  "@jupyterlab/coreutils"?: { PageConfig: { getOption(name: string): string } };
  "@jupyterlab/docregistry"?: {
    ABCWidgetFactory: new (options: object) => { readonly widgetCreated: Signal<DocumentWidget> };
    TextModelFactory: new () => { createNew(options?: object): object };
  };
  "@jupyterlab/filebrowser"?: { IDefaultFileBrowser?: unknown };
  "@jupyterlab/services"?: {
    ServerConnection: {
      makeRequest(url: string, init: RequestInit, settings: ServerSettings): Promise<Response>;
    };
  };
  "@jupyterlab/settingregistry"?: { ISettingRegistry?: unknown };
  "@jupyterlab/statedb"?: { IStateDB?: unknown };
  "@jupyterlab/ui-components"?: {
    LabIcon: new (options: { name: string; svgstr: string }) => unknown;
  };
  "@lumino/widgets"?: { Widget: WidgetClass };
}

export interface Tracker {
  add(widget: Widget): Promise<void>;
  save(widget: Widget): Promise<void>;
}

/** What other parts of the page offer, where they do. */
export interface Services {
  restorer: {
    add(widget: Widget, name: string): void;
    restore(tracker: Tracker, options: object): Promise<unknown>;
  } | null;
  palette: { addItem(options: object): unknown } | null;
  settings: { load(id: string): Promise<Settings> } | null;
  state: {
    fetch(id: string): Promise<unknown>;
    save(id: string, value: unknown): Promise<void>;
  } | null;
  browser: {
    readonly model: {
      readonly path: string;
      readonly restored?: Promise<void>;
      readonly pathChanged: Signal<unknown>;
    };
  } | null;
}
export interface Settings {
  readonly composite: Record<string, unknown>;
  readonly changed: Signal<unknown>;
}
