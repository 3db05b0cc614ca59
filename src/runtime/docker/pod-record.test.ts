import { expect, it } from 'vitest'
import { nodeIdOf, podIdOf, workflowUid } from '../../resources/index.ts'
import type { PlannedContainer } from '../plan.ts'
import type { Exit } from './exit.ts'
import { statusUnknown } from './lost-start.ts'
import { PodRecord } from './pod-record.ts'

const identity = {
  id: podIdOf('u.n.0'),
  name: 'p',
  namespace: 'default',
  workflowName: 'w',
  workflowUid: workflowUid('u'),
  nodeId: nodeIdOf('n'),
  nodeName: 'n',
}
const planned: readonly PlannedContainer[] = [
  { name: 'copy', role: 'init' },
  { name: 'main', role: 'main' },
]

const mainAfter = (exit: Exit) => {
  const pod = new PodRecord(identity, {
    containers: planned,
    graceMs: 0,
    deadlineMs: null,
    network: 'none',
    volumes: [],
  })
  const copy = pod.containers.get('copy')
  if (copy) Object.assign(copy, { state: 'exited', exit })
  pod.isEnded = true
  return pod.state('host').containers.find(({ name }) => name === 'main')
}

it('a container that waits behind one whose end nobody saw says so; behind others it waits as kubelet says it', () => {
  expect(mainAfter(statusUnknown)).toEqual({
    name: 'main',
    role: 'main',
    state: 'waiting',
    reason: 'PodInitializing',
    message: expect.stringMatching(/^copy: ContainerStatusUnknown: the engine was stopped/) as string,
  })
  expect(mainAfter({ exitCode: 137, reason: 'OOMKilled' })).not.toHaveProperty('message')
})
