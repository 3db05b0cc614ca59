/** What is no longer done for a pod whose containers have gone, without an engine. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { workflowUid } from '../../resources/index.ts'
import { planOf } from '../plan.ts'
import { mainContainer, podRequest } from '../runtime.fixtures/pod-request.ts'
import { Captures } from './captures.ts'
import { followAfterMs } from './log-capture.ts'
import { PodRecord, now } from './pod-record.ts'
import { Supervisor, type SupervisorParts } from './supervisor.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Logs that are asked for where the pod goes at that moment, if at all. */
function logsAskedFor(goes: 'never' | 'while it starts' | 'when it has ended'): number {
  const request = podRequest(workflowUid('u'), 'p', [mainContainer({ command: ['true'] })])
  const pod = new PodRecord(request.identity, planOf(request, [], 'none'))
  const [container] = pod.all
  if (container === undefined) throw new Error('a pod without containers')
  container.id = 'f'.repeat(64)
  const logFile = vi.fn(() => {
    throw new Error('a log that nobody drops any more')
  })
  const captures = new Captures({ calls: {}, log: () => {}, logFile } as unknown as ConstructorParameters<
    typeof Captures
  >[0])
  const parts = { captures, report: () => {}, marks: { of: () => ({}) } } as unknown as SupervisorParts
  const supervisor = new Supervisor(parts)
  if (goes === 'while it starts') pod.isGone = true
  supervisor.running(pod, container, now())
  if (goes === 'when it has ended') {
    supervisor.died(pod, container, 0)
    pod.isGone = true
  }
  try {
    vi.advanceTimersByTime(2 * followAfterMs)
  } catch {
    // The timer has thrown what `logFile` did.
  }
  return logFile.mock.calls.length
}

it('the log of a pod that has gone is not begun any more', () => {
  expect(logsAskedFor('never')).toBe(1)
  expect(logsAskedFor('while it starts')).toBe(0)
  expect(logsAskedFor('when it has ended')).toBe(0)
})
