import assert from 'node:assert/strict';
import { hexEncode } from 'aun-crypto';
import type { E2eeApi, VectorCheck } from './check.js';

type Row = readonly string[];

export interface RecipientsFile {
  readonly cases: readonly {
    readonly name: string;
    readonly input_rows: readonly Row[];
    readonly sorted_rows: readonly Row[];
    readonly leaf_hashes_hex: readonly string[];
    readonly recipients_digest: string;
    readonly proofs: readonly (readonly unknown[])[];
  }[];
  readonly order_sensitivity: {
    readonly rows: readonly Row[];
    readonly digest: string;
    readonly sorted_digest: string;
  };
  readonly proof_checks: readonly {
    readonly name: string;
    readonly row: Row;
    readonly proof: unknown;
    readonly root: string;
    readonly valid: boolean;
  }[];
}

/** e2ee-recipients.json (03 §5.4). */
export function recipientsChecks(api: E2eeApi, file: RecipientsFile): VectorCheck[] {
  const { order_sensitivity: order } = file;
  return [
    ...file.cases.map((vector) => ({
      name: vector.name,
      run: () => {
        const sorted = api.sortRecipients(vector.input_rows);
        assert.deepEqual(sorted, vector.sorted_rows);
        assert.deepEqual(
          sorted.map((row) => hexEncode(api.recipientLeaf(row))),
          vector.leaf_hashes_hex,
        );
        assert.equal(api.recipientsDigest(sorted), vector.recipients_digest);
        const tree = api.recipientTree(sorted);
        assert.deepEqual(
          sorted.map((_, i) => tree.proof(i)),
          vector.proofs,
        );
        sorted.forEach((row, i) => {
          assert.ok(api.verifyRecipientProof(row, vector.proofs[i], vector.recipients_digest));
        });
      },
    })),
    {
      name: 'the digest depends on the order of the rows',
      run: () => {
        assert.equal(api.recipientsDigest(order.rows), order.digest);
        assert.equal(api.recipientsDigest(api.sortRecipients(order.rows)), order.sorted_digest);
      },
    },
    ...file.proof_checks.map((vector) => ({
      name: `proof: ${vector.name}`,
      run: () => assert.equal(api.verifyRecipientProof(vector.row, vector.proof, vector.root), vector.valid),
    })),
  ];
}
