// Writes answers/jsonc.txt: random JSON with comments, and what the reference's parser and JSON.stringify make of it, one pair of JSON strings a line.
import { parse } from 'jsonc-parser';
import fs from 'node:fs';
import path from 'node:path';

let state = 20261121;

/** A number below `limit` (a linear congruential generator: Numerical Recipes, 2nd edition, section 7.1). */
function random(limit) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor(state / 2 ** 32 * limit);
}

const one = items => items[random(items.length)];
const space = () => one(['', '', '', ' ', '\n', '\r\n', '\t', ' // line\n', '/* block */', '/**/ /* "x": [ */', '//\r\n']);
const text = () => `"${Array.from({ length: random(6) }, () => one(['a', 'Z', '0', ' ', 'ä', '😀', '\u2028', '\u007f', '\\n', '\\"', '\\\\', '\\/', '\\b', '\\f', '\\r', '\\t',
  '\\u0041', '\\u00e9', '\\u001f', '\\ud83d\\ude00', '//', '/*', '${x}', '<&>'])).join('')}"`;
const name = () => random(3) ? text().replace(/\\[nbfrt]|\\u001f|\u007f/g, 'c') : `"${random(2) ? random(20) : one(['a', 'b', '01', '4294967294', '4294967295', '1.5', '-1'])}"`;
const number = () => one(['0', '-0', '1', '-1', '1.0', '5901.0', '1e3', '1E+3', '1e-7', '0.000001', '123456789012345680000', '1e21', '1.5e300', '-2.5e-300', '1e400',
  '9007199254740993', '0.1', '100', '3.14159265358979', `${random(1000000) / 1000}`, `${random(2 ** 31)}`]);

function value(depth) {
  const items = (open, close, item) => {
    const list = Array.from({ length: random(5) }, item);
    const trailing = list.length && !random(4) ? `${space()},` : '';
    return `${open}${space()}${list.join(`${space()},${space()}`)}${trailing}${space()}${close}`;
  };
  switch (random(depth > 4 ? 4 : 7)) {
    case 0: return one(['true', 'false', 'null']);
    case 1: return number();
    case 2: case 3: return text();
    case 4: return items('[', ']', () => value(depth + 1));
    default: return items('{', '}', () => `${name()}${space()}:${space()}${value(depth + 1)}`);
  }
}

const lines = Array.from({ length: 500 }, () => {
  const written = `${one(['', '', '\ufeff'])}${space()}${value(0)}${space()}`;
  // The reference reads files, which takes the byte order mark off.
  return `${JSON.stringify(written)}\t${JSON.stringify(JSON.stringify(parse(written.replace(/^\ufeff/, ''))))}`;
});
fs.writeFileSync(path.join(import.meta.dirname, 'answers', 'jsonc.txt'), lines.join('\n') + '\n');
