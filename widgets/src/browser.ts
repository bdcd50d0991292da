import type { Model } from "./model";

export async function browser(_model: Model, _el: HTMLElement): Promise<() => void> {
  return () => undefined;
}
