// Asks the reference CLI about every case in cases/*.json and keeps its answers in answers/*.json.
//
//   npm ci && node record.mjs            record
//   npm ci && node record.mjs --check    compare the recording with what the CLI says now
//   … order.json                         only this file
//
// A case: name; files (path: text, or a value to be written as JSON, or '-> target' for a symbolic link); image (what docker inspect says of every image: User, Env, Labels);
// env (the environment); registry (id: {metadata, files}: Features served while the CLI runs, as OCI artifacts, or where the id is a URL as files; whatever
// host an id names, it is this process that answers, through a proxy and with a certificate of its own).
// Paths of the machine are recorded as /case.
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const here = import.meta.dirname;
const cli = path.join(here, 'node_modules', '@devcontainers', 'cli', 'devcontainer.js');
const registryPort = 58201;
const proxyPort = 58202;
const securePort = 58203;
const check = process.argv.includes('--check');
const only = process.argv.slice(2).filter(argument => argument.endsWith('.json'));

const blobs = new Map();
const manifests = new Map();
const tarballs = new Map();

/** Writes a case's files; gives the repository's folder. */
function lay(root, one) {
  const repository = path.join(root, 'repo');
  fs.mkdirSync(repository, { recursive: true });
  execFileSync('git', ['init', '-q', repository]);
  writeFiles(repository, one.files);
  const { User = '', Env = [], Labels = null } = one.image ?? {};
  if (one.image !== null) {
    const details = [{ Id: 'sha256:0', Architecture: 'amd64', Os: 'linux', Config: { User, Env, Labels } }];
    fs.writeFileSync(path.join(root, 'image.json'), JSON.stringify(details));
  }
  for (const [id, feature] of Object.entries(one.registry ?? {})) {
    publish(root, id, feature);
  }
  return repository;
}

function writeFiles(folder, files) {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    if (typeof content === 'string' && content.startsWith('-> ')) {
      fs.symlinkSync(content.slice(3), file);
      continue;
    }
    fs.writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  }
}

/** Makes a Feature's archive, or its artifact, as `devcontainer features package` and `publish` do, the same bytes every time. */
function publish(root, id, feature) {
  const folder = fs.mkdtempSync(path.join(root, 'feature-'));
  writeFiles(folder, { 'install.sh': '#!/bin/sh\n', 'devcontainer-feature.json': feature.metadata, ...feature.files });
  const tar = execFileSync('tar', ['-C', folder, '--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--mode=0755', '-cf', '-', '.']);
  if (/^https?:/.test(id)) {
    tarballs.set(id, tar);
    return;
  }
  const layer = addBlob(tar);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.devcontainers', digest: addBlob(Buffer.from('{}')), size: 2 },
    layers: [{
      mediaType: 'application/vnd.devcontainers.layer.v1+tar',
      digest: layer,
      size: tar.length,
      annotations: { 'org.opencontainers.image.title': 'devcontainer-feature.tgz' },
    }],
    annotations: feature.annotated === false ? {} : { 'dev.containers.metadata': JSON.stringify(feature.metadata) },
  });
  const digest = digestOf(manifest);
  manifests.set(referenceOf(id), { manifest, digest });
  manifests.set(referenceOf(id).replace(/[^/]+$/, digest), { manifest, digest });
}

/** What the registry knows an id by: repository and tag. */
function referenceOf(id) {
  const [, repository, tag] = /^[^/]+\/(.+?)(?::([^/]+))?$/.exec(id);
  return `${repository}/${tag ?? 'latest'}`;
}

function addBlob(bytes) {
  const digest = digestOf(bytes);
  blobs.set(digest, bytes);
  return digest;
}

function digestOf(bytes) {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function serve(request, response) {
  const tarball = tarballs.get(`${request.socket.encrypted ? 'https' : 'http'}://${request.headers.host}${request.url}`);
  if (tarball) {
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    response.end(tarball);
    return;
  }
  const [, repository, kind, reference] = /^\/v2\/(.+)\/(manifests|blobs|tags)\/(.+)$/.exec(request.url) ?? [];
  if (kind === 'manifests' && manifests.has(`${repository}/${reference}`)) {
    const { manifest, digest } = manifests.get(`${repository}/${reference}`);
    response.writeHead(200, { 'content-type': 'application/vnd.oci.image.manifest.v1+json', 'docker-content-digest': digest });
    response.end(manifest);
  } else if (kind === 'blobs' && blobs.has(reference)) {
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    response.end(blobs.get(reference));
  } else {
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end('{"errors":[]}');
  }
}

function run(root, repository, one, command, ...more) {
  const args = [cli, command, '--workspace-folder', repository, '--docker-path', path.join(here, 'docker.sh'), ...more];
  if (one.config) {
    args.push('--config', path.join(repository, one.config));
  }
  const env = { PATH: process.env.PATH, HOME: root, TMPDIR: root, ORACLE: root, HTTPS_PROXY: `http://127.0.0.1:${proxyPort}`, NODE_EXTRA_CA_CERTS: certificate, ...one.env };
  return new Promise(resolve => execFile(process.execPath, args, { env, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
    resolve({ exit: error ? 1 : 0, stdout, stderr })));
}

function without(object, ...names) {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

/** What went wrong. (read-configuration loses its messages when it exits, so only builds have reasons.) */
function reason({ stdout, stderr }) {
  const said = /"(?:message|description)":"((?:[^"\\]|\\.)*)"/.exec(stdout)?.[1];
  const lines = stderr.split('\n').map(line => line.replace(/^\[[^\]]*\] /, ''));
  return said && said !== 'An error occurred building the container.' ? said : lines.find(line => /^\w*Error: /.test(line)) ?? '';
}

/** The label that a generated Dockerfile sets: its lines joined, its escapes undone. */
function labelOf(dockerfile) {
  const match = /^LABEL devcontainer\.metadata="((?:[^"\\]|\\[^])*)"$/m.exec(dockerfile);
  return match ? match[1].replaceAll('\\\n', '').replace(/\\(["\\$])/g, '$1') : null;
}

/** The environment that a Feature's script gets: the shell's reading of the file; null where it cannot read it. */
function variablesOf(file) {
  const { status, stdout: printed } = spawnSync(
    '/bin/sh', ['-c', 'set -a; . "$1"; exec env -0', 'sh', file], { env: {}, encoding: 'utf8', cwd: path.dirname(file) });
  if (status) {
    return null;
  }
  return Object.fromEntries(printed.split('\0').filter(Boolean).map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
    .filter(([name]) => !['PWD', 'OLDPWD', 'SHLVL'].includes(name)).sort(([a], [b]) => a < b ? -1 : 1));
}

function readIfThere(file) {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : null;
}

function lockfileOf(repository, { config = '.devcontainer/devcontainer.json' }) {
  return path.join(repository, config.replace(/devcontainer\.json$/, 'devcontainer-lock.json'));
}

async function ask(one) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'oracle-'));
  manifests.clear();
  tarballs.clear();
  blobs.clear();
  try {
    const repository = lay(root, one);
    const answer = { digests: Object.fromEntries(Object.keys(one.registry ?? {}).map(id => [id, tarballs.has(id) ? digestOf(tarballs.get(id)) : manifests.get(referenceOf(id)).digest])) };
    const read = await run(root, repository, one, 'read-configuration', '--include-merged-configuration', '--include-features-configuration');
    fs.rmSync(lockfileOf(repository, one), { force: true });
    const build = await run(root, repository, one, 'build');
    if (read.exit) {
      answer.read = { exit: read.exit };
    } else {
      const { configuration, workspace, featuresConfiguration, mergedConfiguration } = JSON.parse(read.stdout);
      answer.read = {
        exit: 0,
        configuration: without(configuration, 'configFilePath'),
        mergedConfiguration: without(mergedConfiguration, 'configFilePath'),
        workspaceFolder: workspace.workspaceFolder,
        features: (featuresConfiguration?.featureSets ?? []).map(({ sourceInformation, features: [feature] }) => ({
          id: sourceInformation.userFeatureId,
          source: sourceInformation.type,
          folder: feature.consecutiveId,
          version: feature.version,
        })),
      };
    }
    if (build.exit) {
      answer.build = { exit: build.exit, message: reason(build) };
    } else {
      const dockerfile = readIfThere(path.join(root, 'Dockerfile'));
      const content = path.join(root, 'content');
      answer.build = {
        exit: 0,
        label: dockerfile && labelOf(dockerfile),
        users: readIfThere(path.join(content, 'devcontainer-features.builtin.env')),
        environments: fs.existsSync(content) ? Object.fromEntries(fs.readdirSync(content).sort()
          .filter(folder => fs.existsSync(path.join(content, folder, 'devcontainer-features.env')))
          .map(folder => [folder, variablesOf(path.join(content, folder, 'devcontainer-features.env'))])) : {},
        lockfile: readIfThere(lockfileOf(repository, one)),
      };
    }
    // Half of a surrogate pair, which some cases have, is not for other readers.
    return JSON.parse(JSON.stringify(answer).replaceAll(root, '/case').replaceAll(here, '/oracle'), (_, value) => typeof value === 'string' ? value.toWellFormed() : value);
  } finally {
    fs.rmSync(root, { recursive: true, force: true });
  }
}

/** Answers for every host: a proxy that leads to this process, and a certificate for the names that cases use. */
function listen() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'oracle-'));
  const [key, certificate] = ['key.pem', 'certificate.pem'].map(name => path.join(folder, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=oracle',
    '-addext', 'subjectAltName=DNS:ghcr.io,DNS:example.com,DNS:owner,DNS:github.com,DNS:api.github.com', '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  http.createServer(serve).listen(registryPort, '127.0.0.1');
  https.createServer({ key: fs.readFileSync(key), cert: fs.readFileSync(certificate) }, serve).listen(securePort, '127.0.0.1');
  http.createServer().on('connect', (request, socket, head) => {
    const inner = net.connect(securePort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      inner.write(head);
      inner.pipe(socket).pipe(inner);
    });
    inner.on('error', () => socket.destroy());
    socket.on('error', () => inner.destroy());
  }).listen(proxyPort, '127.0.0.1');
  return certificate;
}

const certificate = listen();
let differ = 0;
fs.mkdirSync(path.join(here, 'answers'), { recursive: true });
for (const file of fs.readdirSync(path.join(here, 'cases')).sort().filter(name => !only.length || only.includes(name))) {
  const cases = JSON.parse(fs.readFileSync(path.join(here, 'cases', file), 'utf8'));
  const answers = {};
  for (const one of cases) {
    answers[one.name] = await ask(one);
  }
  const text = JSON.stringify(answers, null, 1) + '\n';
  const target = path.join(here, 'answers', file);
  if (check && readIfThere(target) !== text) {
    console.error(`${file}: the recording differs from what the CLI says now.`);
    differ++;
  } else if (!check) {
    fs.writeFileSync(target, text);
  }
  console.log(`${file}: ${cases.length} cases`);
}
process.exit(differ ? 1 : 0);
