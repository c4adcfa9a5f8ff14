/** As far as it is used here; @types/node leaves it to the DOM's types. */
declare const WebAssembly: {
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
};

const PAGE = 65_536;

/** Memory that O_DIRECT takes: of all that JavaScript can have, a WebAssembly memory alone begins on a page. */
export function alignedMemory(size: number): Uint8Array {
  const pages = Math.ceil(size / PAGE);
  return new Uint8Array(new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer);
}
