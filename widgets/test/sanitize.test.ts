import { describe, expect, it } from "vitest";
import { safeDocument, safePart, withoutAddresses } from "../src/dom/sanitize";

const A = "https://hostile.invalid/";

/** Every way to an address that a document has. */
const leading: Record<string, string> = {
  frame: `<iframe src="${A}"></iframe>`,
  "frame of a document": `<iframe srcdoc="<iframe src=${A}></iframe>"></iframe>`,
  frameset: `<frameset><frame src="${A}"></frameset>`,
  link: `<a href="${A}">x</a>`,
  "link with pings": `<a href="#x" ping="${A}">x</a>`,
  "link without a scheme": `<a href="//hostile.invalid/">x</a>`,
  "relative link": `<a href="../hostile.invalid">x</a>`,
  "link of spaces and lines": `<a href=" \n\thttps:\n//hostile.invalid">x</a>`,
  "link of script": `<a href="java&#9;script:location='${A}'">x</a>`,
  "link of a document of data": `<a href="data:text/html,<script>1</script>hostile.invalid">x</a>`,
  "link of SVG": `<svg><a xlink:href="${A}"><text>x</text></a><a href="${A}"><text>x</text></a></svg>`,
  "link of MathML": `<math href="${A}"><mi xlink:href="${A}">x</mi></math>`,
  "animated link": `<svg><a><animate attributeName="href" values="${A}"/><set attributeName="href" to="${A}"/></a></svg>`,
  area: `<img usemap="#m" src="data:image/png,x"><map name="m"><area href="${A}" shape="default"></map>`,
  form: `<form action="${A}"><input name="q"><button formaction="${A}">x</button></form>`,
  base: `<base href="${A}"><a href="x">x</a>`,
  refresh: `<meta http-equiv="refresh" content="0;url=${A}">`,
  hints: `<link rel="preconnect" href="${A}"><link rel="dns-prefetch" href="//hostile.invalid"><link rel="prefetch" href="${A}">`,
  sheet: `<link rel="stylesheet" href="${A}"><style>@import "${A}";@import url(${A});</style>`,
  picture: `<img src="${A}"><img srcset="${A} 2x"><picture><source srcset="${A}"></picture><img longdesc="${A}" lowsrc="${A}">`,
  film: `<video src="${A}" poster="${A}"></video><audio src="${A}"></audio><video><source src="${A}"><track src="${A}"></video>`,
  background: `<body background="${A}"><table background="${A}"><td background="${A}">`,
  object: `<object data="${A}"><param name="src" value="x"></object><embed src="${A}"><applet code="${A}"></applet>`,
  portal: `<portal src="${A}"></portal><fencedframe src="${A}"></fencedframe>`,
  "SVG that fetches": `<svg><image href="${A}"/><use href="${A}#x"/><filter><feImage href="${A}"/></filter><script href="${A}"/></svg>`,
  "SVG that paints": `<svg><rect fill="url(${A}#x)" filter="url('${A}#x')" style="mask:url(${A}#x)" cursor="url(${A})"/></svg>`,
  "SVG with a document": `<svg><foreignObject><iframe src="${A}"></iframe></foreignObject></svg>`,
  "CSS of an element": `<p style="background:url(${A});list-style:image-set('${A}' 1x)">x</p>`,
  "CSS in escapes": `<style>p{background:\\75rl(${A})}</style><p style="background:u\\52 L(${A})">x</p>`,
  "CSS in a variable": `<style>:root{--x:url(${A})}p{background:var(--x)}</style>`,
  "CSS fonts": `<style>@font-face{font-family:x;src:url(${A}) format("woff2")}</style>`,
  "CSS put together": `<style>u@import;rl(${A})p{background:u/**/rl(${A})}@im/**/port "${A}";@@import;import "${A}"</style>`,
  "tag in an attribute": `<svg></p><style><a id="</style><iframe src=${A}></iframe>">`,
  "tag in a comment": `<math><mtext><table><mglyph><style><!--</style><iframe src=${A}></iframe>--></style>`,
  "tag in text": `<noscript><p title="</noscript><iframe src=${A}></iframe>"></noscript><xmp><p title="</xmp><iframe src=${A}></iframe>"></xmp>`,
  "tag in a template": `<template><iframe src="${A}"></iframe></template><div><template shadowrootmode="open"><iframe src="${A}"></iframe></template></div>`,
  "tag in a list": `<select><template><iframe src="${A}"></iframe></template><option><iframe src="${A}"></select>`,
  rules: `<script type="speculationrules">{"prefetch":[{"urls":["${A}"]}]}</script>`,
  import: `<script type="importmap">{"imports":{"x":"${A}"}}</script><script type="module" src="${A}"></script>`,
};

/** The tags and attributes of a document, with the words that a person reads left out. */
function markup(text: string): string {
  const parsed = new DOMParser().parseFromString(text, "text/html");
  const elements = [...parsed.querySelectorAll("*")];
  for (const inner of [...parsed.querySelectorAll("template")])
    elements.push(...inner.content.querySelectorAll("*"));
  return elements
    .map((element) => {
      const attributes = [...element.attributes].filter(({ name }) => name !== "title");
      const css = element.localName === "style" ? element.textContent : "";
      return `${element.localName} ${attributes.map(({ name, value }) => `${name}=${value}`).join(" ")} ${css}`;
    })
    .join("\n");
}

describe("a document of somebody else's", () => {
  it.each(Object.entries(leading))("leads nowhere by a %s", (_, text) => {
    const safe = safeDocument(text);
    expect(markup(safe)).not.toMatch(/hostile\.invalid|javascript:/);
    expect(markup(safe)).not.toMatch(
      /^(iframe|frame|object|embed|link|meta|base|script|form|portal|fencedframe|animate|set) /m,
    );
    expect(markup(safePart(text))).not.toMatch(/hostile\.invalid|javascript:|^iframe/m);
  });

  it("stays what it is when it is parsed again", () => {
    for (const text of Object.values(leading)) {
      const safe = safeDocument(text);
      expect(safeDocument(safe)).toBe(safe);
    }
  });

  it("has no scripts and no listeners", () => {
    const safe = safeDocument(
      "<body onload=x()><script>x()</script><img src=data:image/png,x onerror=x()><svg onload=x()><script>x()</script></svg>",
    );
    expect(safe).not.toMatch(/script|onload|onerror/);
  });

  it("says where a link led", () => {
    expect(safeDocument(`<a href="${A}">there</a>`)).toContain(`<a title="${A}">there</a>`);
  });

  it("keeps its places, pictures, tables and styles", () => {
    const picture = "data:image/png;base64,iVBORw0KGgo=";
    const safe = safeDocument(
      `<style>#T_1 td{background:linear-gradient(90deg,red 10%,blue);background-image:url("${picture}")}
       /* a <b> in a comment */ p::before{content:"\\201c"}</style>
       <h1 id="title">Title</h1><a href="#title">up</a><img src="${picture}" width="9" alt="dot">
       <table id="T_1"><tr><th scope="row">a<td colspan="2" style="color:red">1</table>
       <details open><summary>more</summary>inside</details><input type="checkbox" id="c"><label for="c">x</label>
       <svg viewBox="0 0 9 9"><defs><path id="m" d="M0 0"/></defs><g clip-path="url(#p)"><use xlink:href="#m" x="1"/></g></svg>`,
    );
    for (const kept of [
      "linear-gradient(90deg,red 10%,blue)",
      `url("${picture}")`,
      'content:"\\201c"',
      '<h1 id="title">',
      '<a href="about:srcdoc#title">up</a>',
      `<img src="${picture}" width="9" alt="dot">`,
      '<td colspan="2" style="color:red">',
      "<details open",
      '<input type="checkbox" id="c"><label for="c">',
      'clip-path="url(#p)"',
      '<use xlink:href="#m" x="1">',
    ])
      expect(safe).toContain(kept);
  });

  it("is taken in time that grows with its length", () => {
    const long = ["url(", 'url("', "/*", "@import", "\\75rl(", `url(${" ".repeat(100_000)}`];
    for (const part of long) withoutAddresses(part.repeat(200_000 / part.length));
  });
});

describe("CSS", () => {
  it("keeps what is in the document and loses what is not", () => {
    expect(withoutAddresses("fill:url(#a);mask:url('#b')")).toBe("fill:url(#a);mask:url('#b')");
    expect(withoutAddresses(`a{b:url( "${A}" )}c{d:1}`)).toBe("a{b:none}c{d:1}");
    expect(withoutAddresses(`@import "${A}" screen;p{color:red}`)).toBe("p{color:red}");
  });

  it("is left out where an address may be hidden in it", () => {
    for (const css of [`a{b:\\75rl(${A})}`, `@\\69mport "${A}"`, `a{b:image-set("${A}" 1x)}`])
      expect(withoutAddresses(css)).toBe("");
  });
});
