import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ownSwarm } from '../../../test/swarm.ts'
import { runtimeContract } from '../runtime.contract.ts'
import { commandOf } from '../docker/docker.fixtures/command.ts'
import { SwarmRuntime } from './swarm-runtime.ts'

const swarm = await ownSwarm({ name: 'ddc', size: 2 })
const dataDir = mkdtempSync(join(tmpdir(), 'drydock-swarm-'))
const instance = `swarm-contract-${randomUUID().slice(0, 8)}`
const socketOf = (member?: { readonly socket: string }) =>
  ({ kind: 'socket', path: member?.socket ?? '', source: 'test' }) as const

runtimeContract({
  name: 'swarm',
  open: async () =>
    new SwarmRuntime({
      managers: [socketOf(swarm.members[0])],
      addressOf: ({ hostname }) => socketOf(swarm.members.find((one) => one.hostname === hostname)),
      instance,
      dataDir,
      lookMs: 1_000,
    }),
  doing: (deed) => ({ command: commandOf(deed) }),
  hostNames: swarm.members.map(({ hostname }) => hostname),
  close: async () => {
    await swarm.remove()
    rmSync(dataDir, { recursive: true, force: true })
  },
})
