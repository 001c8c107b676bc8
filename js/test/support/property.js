// fast-check, drawing from the seed in PROPTEST_RNG_SEED if it is set: the same commit then gets the same verdict.

import fc from 'fast-check';

const seed = Number(process.env.PROPTEST_RNG_SEED);
if (Number.isInteger(seed)) fc.configureGlobal({ seed });

export default fc;
