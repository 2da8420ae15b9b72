import type { Name } from '@peculiar/asn1-x509';

const idCommonName = '2.5.4.3';

/** The CN only if it is the first attribute of the first RDN, else `''`: what the Node SDK reads (01 §3.3). */
export function leadingCommonName(name: Name): string {
  const first = name[0]?.[0];
  return first?.type === idCommonName ? first.value.toString() : '';
}

/** The first CN at any position, else `''`. */
export function anyCommonName(name: Name): string {
  for (const rdn of name) {
    for (const attribute of rdn) {
      if (attribute.type === idCommonName) return attribute.value.toString();
    }
  }
  return '';
}
