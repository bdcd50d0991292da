// What our half of the Jupyter server is asked, and what is said where it does not answer.

import { unpackEntries, type Entry } from "../model/pack";
import type { Modules, ServerSettings } from "./host";

export type Query = Record<string, string>;
/** An answer: what its header says and its payloads; null where nothing has changed. */
export type Answer<Header> = [header: Header, entries: Entry[]] | null;

/** What goes wrong, as a sentence for whoever looks at the panel. */
export class AskError extends Error {
  constructor(
    message: string,
    /** Whether asking again may help. */
    readonly isPassing: boolean,
  ) {
    super(message);
  }
}

const NO_ROUTE =
  "There is no server here that reads runs. JupyterLite has none: open a saved page, or a notebook with its views, instead. On a Jupyter " +
  "server install jupyter-tracking where the server runs; if it is there, `jupyter server extension enable jupyter_tracking.lab` turns it on.";

export class Server {
  constructor(
    private readonly modules: Modules,
    private readonly settings: ServerSettings,
  ) {}

  async pack<Header extends object>(question: string, query: Query): Promise<Answer<Header>> {
    const response = await this.ask(question, query);
    if (response.status === 204) return null;
    return unpackEntries<Header>(await response.arrayBuffer());
  }

  async json<Found>(question: string, query: Query): Promise<Found> {
    return (await this.ask(question, query)).json();
  }

  private async ask(question: string, query: Query): Promise<Response> {
    const base = this.settings.baseUrl.replace(/\/*$/, "/");
    const url = `${base}jupyter-tracking/${question}?${new URLSearchParams(query).toString()}`;
    const connection = this.modules["@jupyterlab/services"]?.ServerConnection;
    let response: Response;
    try {
      response = connection
        ? await connection.makeRequest(url, { method: "GET" }, this.settings)
        : await fetch(url, { credentials: "same-origin" });
    } catch {
      throw new AskError("The Jupyter server does not answer.", true);
    }
    const type = response.headers.get("Content-Type") ?? "";
    const isOurs =
      type.includes("octet-stream") || type.includes("json") || response.status === 204;
    if (response.ok && isOurs) return response;
    const said = type.includes("json") ? await response.json().catch(() => null) : null;
    const message: unknown = said?.message;
    // A server without our routes, and JupyterLite's, answer with a page or with nothing.
    if (!said && (response.ok || response.status === 404 || response.status === 405))
      throw new AskError(NO_ROUTE, false);
    const words = typeof message === "string" && message ? message : response.statusText;
    if (response.status >= 500)
      throw new AskError(`The Jupyter server answered ${response.status}: ${words}`, true);
    throw new AskError(words, response.status === 404 || response.status === 422);
  }
}
