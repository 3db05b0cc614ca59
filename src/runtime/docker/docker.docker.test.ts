import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runtimeContract } from '../runtime.contract.ts'
import { findEngine } from './connection.ts'
import { commandOf } from './docker.fixtures/command.ts'
import { DockerRuntime } from './docker-runtime.ts'

const found = await findEngine()
if (!found.found) throw new Error(found.message)
const dataDir = mkdtempSync(join(tmpdir(), 'drydock-runtime-'))
const instance = `runtime-contract-${randomUUID().slice(0, 8)}`

runtimeContract({
  name: 'docker',
  open: async () => new DockerRuntime({ engine: found.address, instance, dataDir }),
  doing: (deed) => ({ command: commandOf(deed) }),
  close: async () => rmSync(dataDir, { recursive: true, force: true }),
})
