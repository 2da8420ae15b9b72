import { systemClock } from 'aun-core';
import { type Certificate, normalizeSerial } from 'aun-pki';
import { type Command, Option } from 'commander';
import { renewAuthSigner } from '../ca/renew-auth-signer.js';
import { revocationReasons } from '../ca/revocation-status.js';
import { CliError } from './cli-error.js';
import { type CommonFlags, configFrom, withCommonOptions } from './common-options.js';
import { asOperator, type Operator } from './operator.js';

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const line = (role: string, cert: Certificate): string =>
  `  ${role.padEnd(9)} ${cert.commonName}\n` +
  `            ${cert.publicKey.curve}, until ${cert.notAfter.toISOString().slice(0, 10)}, serial ${cert.serialHex}\n` +
  `            ${cert.fingerprint}`;

const show = ({ office }: Operator): void => {
  for (const authority of office.authorities.all) {
    const { root, registry, issuer } = authority.hierarchy;
    print(`${authority.issuer}`);
    print(line('root', root));
    print(line('registry', registry));
    print(line('issuer', issuer.certificate));
    print(line('auth', authority.auth.cert));
  }
  print(`root certificates for clients: ${office.rootBundleFile}`);
};

/** The serial to revoke: of the named certificate, or of the current one of an AID. */
const serialOf = ({ identity }: Operator, target: string): string => {
  const row = target.includes('.')
    ? identity.store.active(target.trim().toLowerCase())
    : identity.store.bySerial(normalizeSerial(target) ?? '');
  if (row === undefined) throw new CliError(`No certificate is known for ${target}.`);
  return row.serial;
};

/** `aun-gateway ca …` */
export const addCaCommands = (program: Command): void => {
  const ca = program.command('ca').description('the certificate authority of this gateway');

  withCommonOptions(ca.command('init').description('make the CA of every configured issuer')).action(
    async (flags: CommonFlags) => asOperator(configFrom(flags), async (operator) => show(operator)),
  );

  withCommonOptions(ca.command('show').description('show the CA certificates and where they are')).action(
    async (flags: CommonFlags) => asOperator(configFrom(flags), async (operator) => show(operator)),
  );

  withCommonOptions(
    ca.command('rotate').description('give the auth service a new key; tokens of the old one stay valid'),
  ).action(async (flags: CommonFlags) =>
    asOperator(configFrom(flags), async ({ config, office }) => {
      for (const authority of office.authorities.all) {
        await renewAuthSigner(config, authority, systemClock, true);
        print(`${authority.issuer}: new auth certificate ${authority.auth.cert.serialHex}`);
      }
      print('A running gateway takes the new key after a restart.');
    }),
  );

  withCommonOptions(
    ca
      .command('revoke <aid-or-serial>')
      .description('withdraw a certificate: it is listed in CRL and OCSP, its agent is disconnected')
      .addOption(
        new Option('--reason <reason>', 'why').choices([...revocationReasons]).default('unspecified'),
      ),
  ).action(async (target: string, flags: CommonFlags & { readonly reason: string }) =>
    asOperator(configFrom(flags), async (operator) => {
      const serial = serialOf(operator, target);
      const row = await operator.identity.registrar.revoke(serial, flags.reason);
      if (row !== undefined) operator.identity.refreshTokens.dropAid(row.aid);
      print(`${row?.aid}: certificate ${serial} is revoked.`);
    }),
  );
};
