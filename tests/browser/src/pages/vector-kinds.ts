import * as keystore from 'aun-keystore-idb';
import * as pki from 'aun-pki';
import { gatewayHttpUrl, peerCertUrl, peerGatewayUrl } from 'aun-transport';
import {
  idbSections,
  type Api as KeystoreApi,
} from '../../../../packages/aun-keystore-idb/test/vector-checks.js';
import { type Api, vectorChecks } from '../../../../packages/aun-pki/test/vector-checks.js';
import { agentmdKind } from '../../../vectors/src/kinds/agentmd.js';
import { nameChecks } from '../../../vectors/src/kinds/auth-names.js';
import { e2eeKinds } from '../../../vectors/src/kinds/e2ee.js';
import { equal, unknownCase, type VectorFile, type VectorKind } from '../../../vectors/src/plan.js';

/** Sections of auth.json that speak of tokens: a matter of aun-client. */
const tokenSections = ['cached_access_token', 'remember_tokens', 'refresh_failure_requires_relogin'];

// The checks name the types of the sources; the classes of a build are others to the compiler.
const built = pki as unknown as Api;

type Check = (vector: VectorFile) => void;

const urlChecks: Readonly<Record<string, Check>> = {
  pki_url: ({ inputs, expected }) =>
    equal('url', gatewayHttpUrl(inputs.gateway_url, inputs.path), expected.url),
  peer_cert_url: ({ inputs, expected }) =>
    equal('url', peerCertUrl(inputs.gateway_url, inputs.aid, inputs.cert_fingerprint), expected.url),
  peer_gateway_url: ({ inputs, expected }) =>
    equal('url', peerGatewayUrl(inputs.local_gateway_url, inputs.peer_aid), expected.peer_gateway_url),
};

const authKind: VectorKind = (file) => ({
  cases: (file.vectors as VectorFile[])
    .filter(({ name }) => !tokenSections.includes(name))
    .map((vector, index) => {
      const { name } = vector;
      const pkiCheck = vectorChecks[name];
      const check =
        pkiCheck === undefined
          ? (nameChecks[name]?.check ?? urlChecks[name])
          : () => pkiCheck(built, vector, file);
      return check === undefined
        ? unknownCase(name, `${index}`)
        : { section: name, name: `${index}`, run: () => check(vector) };
    }),
  notCovered: tokenSections,
});

/** The sections of the browser store; the others speak of files on a disk. */
const keystoreKind: VectorKind = async (file) => {
  const sections = await Promise.all(
    Object.entries(idbSections).map(async ([section, check]) => {
      const outcomes = await check(file[section], keystore as unknown as KeystoreApi);
      return outcomes.map(({ id, failure }) => ({
        section,
        name: id,
        run() {
          if (failure !== null) throw new Error(failure);
        },
      }));
    }),
  );
  return { cases: sections.flat(), notCovered: [] };
};

/** By base name of the file: those whose subject runs in browsers. */
export const vectorKinds: Readonly<Record<string, VectorKind>> = {
  auth: authKind,
  agentmd: agentmdKind,
  keystore: keystoreKind,
  ...e2eeKinds,
};
