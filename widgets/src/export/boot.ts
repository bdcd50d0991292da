// The script of the first saved view of a page: it unpacks what starts all of them (`start.ts`).

import { hand, type Starts } from "./views";

/** What the script's own text gives it (`page_body` in Python). */
declare const token: string, names: string, code: string;

/** The bytes of a text of 85 digits, four bytes of five; the last may stand for fewer (`base85_of` in Python). */
function fromBase85(text: string): Uint8Array<ArrayBuffer> {
  const values = new Uint8Array(128);
  let value = 0;
  for (let code = 33; code < 127; code += 1)
    if (!"\"'\\<&$`{}".includes(String.fromCharCode(code))) values[code] = value++;
  const bytes = new DataView(new ArrayBuffer(Math.ceil(text.length / 5) * 4));
  for (let at = 0; at < text.length; at += 5) {
    let number = 0;
    for (let n = at; n < at + 5; n += 1)
      number = number * 85 + (n < text.length ? values[text.charCodeAt(n)]! : 84);
    bytes.setUint32((at / 5) * 4, number);
  }
  return new Uint8Array(bytes.buffer, 0, Math.floor((text.length * 4) / 5));
}

const inflate = (bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> =>
  new Response(
    new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")),
  ).arrayBuffer();

/** The texts of scripts that are packed in one (`packed_scripts` in Python). */
const unpack = async (code: string): Promise<string[]> =>
  new TextDecoder().decode(await inflate(fromBase85(code))).split("\0");

const views = hand(token, names, code);
if (!views.begun) {
  views.begun = true;
  const unpacked = unpack(code);
  void unpacked
    .then(
      ([text]): Promise<Starts> =>
        import(URL.createObjectURL(new Blob([text!], { type: "text/javascript" }))),
    )
    .then(({ join, use }) => {
      use({ inflate, unpack: (text) => (text === code ? unpacked : unpack(text)) });
      views.join = join;
      for (const view of views.early.splice(0)) join(view);
    })
    .catch((error: unknown) => {
      for (const [around] of views.early) if (around) around.hidden = false;
      console.error("jupyter-tracking:", error);
    });
}
