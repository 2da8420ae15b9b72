import { fileURLToPath } from 'node:url';
// The compiler before the one that wrote the declarations: applications have either.
import ts from 'typescript-5';
import { expect, it } from 'vitest';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** Programs of applications. */
const programs = {
  node: `import { type AID, AIDStore, AUNClient } from 'aun-client';
const store = new AIDStore({ aunPath: '', encryptionSeed: '' });
const loaded = store.load('nora.example.test');
if (loaded.ok) {
  const aid: AID = loaded.data.aid;
  const signed = aid.sign('text');
  if (signed.ok) console.log(signed.data.signature, new AUNClient(aid).state);
}
const listed = store.list();
console.log(listed.ok && listed.data.identities.length);
`,
  browser: `import { type AID, AIDStore, AUNClient } from 'aun-client';
const store = new AIDStore({ aunPath: '', encryptionSeed: '' });
store.load('nora.example.test').then(async (loaded) => {
  if (!loaded.ok) return;
  const aid: AID = loaded.data.aid;
  aid.sign('text').then((signed) => signed.ok && console.log(signed.data.signature));
  console.log(new AUNClient(aid).state, await store.list().then((listed) => listed.ok));
});
`,
  portable: `import { AIDStore, AUNClient, type Result } from 'aun-client';
export const start = async (name: string): Promise<AUNClient> => {
  const store = new AIDStore({ aunPath: '', encryptionSeed: '' });
  const loaded = await store.loadAsync(name);
  if (!loaded.ok) throw new Error(loaded.error.code);
  const signed: Result<{ signature: string }> = await loaded.data.aid.sign('text');
  console.log(signed.ok, (await store.listAsync()).ok);
  const client = new AUNClient(loaded.data.aid);
  client.on('message.received', ({ from, payload }) => console.log(from, payload.text));
  return client;
};
`,
} as const;

type Program = keyof typeof programs;
const names = Object.keys(programs) as Program[];

/** What the compiler says about every program, under the conditions of a platform. */
function complaints(resolution: ts.CompilerOptions): Record<Program, readonly string[]> {
  const files = new Map(names.map((name) => [`${folder}types-${name}.ts`, programs[name]]));
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipDefaultLibCheck: true,
    noEmit: true,
    ...resolution,
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.getSourceFile = (path, ...rest) => {
    const text = files.get(path);
    return text === undefined
      ? getSourceFile(path, ...rest)
      : ts.createSourceFile(path, text, ts.ScriptTarget.ES2022);
  };
  const found: Record<Program, string[]> = { node: [], browser: [], portable: [] };
  const program = ts.createProgram([...files.keys()], options, host);
  for (const { file, messageText } of ts.getPreEmitDiagnostics(program)) {
    const text = `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    const name = names.find((candidate) => file?.fileName.endsWith(`types-${candidate}.ts`));
    if (name === undefined) for (const all of names) found[all].push(text);
    else found[name].push(text);
  }
  return found;
}

const bundler = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };
const nodeNext = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };

it.each([
  ['Node', nodeNext, 'node', 'browser'],
  ['a bundler without conditions', bundler, 'node', 'browser'],
  ['browsers', { ...bundler, customConditions: ['browser'] }, 'browser', 'node'],
] as const)(
  'the declarations for %s fit its programs and portable ones',
  {
    timeout: 60_000,
  },
  (_platform, resolution, own, other) => {
    const found = complaints(resolution as ts.CompilerOptions);
    expect(found[own]).toEqual([]);
    expect(found.portable).toEqual([]);
    expect(found[other]).not.toEqual([]);
  },
);
