/** Writes the documents that come from code: `docs/metrics.md`. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { metricsDocument } from '../src/telemetry/index.ts'

const docs = join(import.meta.dirname, '..', 'docs')
await writeFile(join(docs, 'metrics.md'), metricsDocument())
console.log('wrote docs/metrics.md')
