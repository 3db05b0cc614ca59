/**
 * Property tests take the same samples on every run, so that a run that passed passes again. `FC_SEED=N npm run test:unit`
 * takes others; what they find becomes a row of its own.
 */
import fc from 'fast-check'

fc.configureGlobal({
  seed: Number(process.env['FC_SEED'] ?? 20261121),
  endOnFailure: process.env['FC_SHRINK'] === 'no',
})
