import { parse } from 'lossless-json';

const INTEGER = /^-?\d+$/u;

/**
 * Reads JSON as Go does where the two differ and it matters: whole numbers become bigints, so that 64 bits survive;
 * of a key that comes twice the last one counts. Numbers with a fraction or exponent become numbers, which no field
 * of ours takes; Go refuses them too.
 * @throws SyntaxError: not JSON. RangeError: nested too deep.
 */
export function parseLossless(text: string): unknown {
  return parse(text, null, { parseNumber, onDuplicateKey: ({ newValue }) => newValue });
}

function parseNumber(text: string): bigint | number {
  return INTEGER.test(text) ? BigInt(text) : Number(text);
}
