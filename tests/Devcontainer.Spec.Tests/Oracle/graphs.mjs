// Writes cases/graphs.json: random graphs of Features, the same ones every time.
import fs from 'node:fs';
import path from 'node:path';

let state = 20261121;

/** A number below `limit` (a linear congruential generator: Numerical Recipes, 2nd edition, section 7.1). */
function random(limit) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor(state / 2 ** 32 * limit);
}

function some(items, most) {
  return [...new Set(Array.from({ length: random(most + 1) }, () => items[random(items.length)]))].filter(Boolean);
}

function graph(number) {
  const names = ['a', 'b', 'B1', 'b-1', 'b_1', 'c', 'd', 'z', 'node', 'z0'].slice(0, 3 + random(8));
  const idOf = Object.fromEntries(names.map(name => [name, random(3) ? `./${name}` : `localhost:58201/${name < 'c' ? 'x' : 'y'}/features/${name.toLowerCase()}:1`]));
  const files = {};
  const registry = {};
  for (const name of names) {
    const others = names.filter(other => random(5) ? other > name : other !== name);
    const metadata = {
      id: name,
      version: `1.0.${names.indexOf(name)}`,
      options: { o: { type: 'string', default: 'd' } },
      dependsOn: Object.fromEntries(some(others, random(3)).map(other => [idOf[other], random(3) ? {} : { o: `${random(2)}` }])),
      installsAfter: some(others, 2).map(other => idOf[other].replace(/:1$/, '')),
    };
    if (idOf[name].startsWith('./')) {
      files[`.devcontainer/${name}/devcontainer-feature.json`] = metadata;
      files[`.devcontainer/${name}/install.sh`] = '';
    } else {
      registry[idOf[name]] = { metadata };
      registry[idOf[name].replace(/:1$/, '')] = { metadata };
    }
  }
  const asked = some(names, names.length);
  files['.devcontainer/devcontainer.json'] = {
    image: 'debian:12',
    features: Object.fromEntries((asked.length ? asked : [names[0]]).map(name => [idOf[name], random(4) ? {} : { o: `${random(2)}` }])),
    ...random(2) ? {} : { overrideFeatureInstallOrder: some(names, 3).map(name => idOf[name].replace(/:1$/, '')) },
  };
  return { name: `graph ${number}`, image: { Labels: { 'devcontainer.metadata': '[{"init":false}]' } }, files, registry };
}

const cases = Array.from({ length: 80 }, (_, number) => graph(number + 1));
fs.writeFileSync(path.join(import.meta.dirname, 'cases', 'graphs.json'), JSON.stringify(cases, null, 1) + '\n');
