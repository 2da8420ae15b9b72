import { join } from 'node:path';

/** Files of one issuer below `{dataDir}/ca/{issuer}`; private keys lie beside them as `<name>.key.json`. */
export interface IssuerLayout {
  readonly folder: string;
  readonly root: string;
  readonly registry: string;
  readonly issuer: string;
  readonly authFolder: string;
  readonly tls: string;
}

export const caFolder = (dataDir: string): string => join(dataDir, 'ca');

export const issuerLayout = (dataDir: string, issuer: string): IssuerLayout => {
  const folder = join(caFolder(dataDir), issuer);
  return {
    folder,
    root: join(folder, 'root.crt'),
    registry: join(folder, 'registry.crt'),
    issuer: join(folder, 'issuer.crt'),
    authFolder: join(folder, 'auth'),
    tls: join(folder, 'tls.crt'),
  };
};

/** The file for users: all roots of this gateway, to be given as `rootCaPath`. */
export const rootBundleFile = (dataDir: string): string => join(dataDir, 'root.crt');
