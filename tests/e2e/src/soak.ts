const soaking = process.env.AUN_SOAK === '1';

/** A share of the work in ordinary runs, all of it in a soak run. */
export const share = (ordinary: number, soak: number): number => (soaking ? soak : ordinary);
