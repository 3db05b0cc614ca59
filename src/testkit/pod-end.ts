/** What a mocked pod comes to, in the words that a real one would leave. */
import type { PodPlan, PodResult } from '../engine/index.ts'
import type { ContainerState, Instant, Parameter, PodState } from '../resources/index.ts'
import type { Mock, MockBook } from './mocks.ts'

export type PodAsked = { readonly plan: PodPlan; readonly templateName: string }

/** What is taken where nobody has said what a script prints or a file holds. */
export const unmockedValue = 'mocked'

export function runningState({ identity, mains }: PodPlan, now: Instant): PodState {
  const containers = mains.map((name): ContainerState => ({ name, role: 'main', state: 'running', startedAt: now }))
  return { identity, phase: 'running', ready: true, hostNodeName: 'simulated', ip: '10.0.0.1', containers }
}

/** Killed from outside: what it would have left is there nevertheless. */
export function stoppedResult(asked: PodAsked, now: Instant): PodResult {
  return { state: endedState(asked.plan, now, () => ({ exitCode: 143 })), parameters: [], artifacts: [] }
}

export function endedResult({ plan, templateName }: PodAsked, book: MockBook, now: Instant): PodResult {
  const asked = { nodeName: plan.identity.nodeName, templateName }
  const mock = book.find(asked) ?? {}
  const exitCode = book.exitCode(asked)
  const isSet = plan.containerSet !== undefined
  const state = endedState(plan, now, (container) => {
    if (!isSet) return { exitCode, ...(mock.message === undefined ? {} : { message: mock.message }) }
    const own = { nodeName: `${asked.nodeName}.${container}`, templateName: '' }
    return { exitCode: book.find(own) === undefined ? exitCode : book.exitCode(own) }
  })
  return { state, ...collected(plan, mock) }
}

function endedState(
  { identity, mains, containerSet }: PodPlan,
  now: Instant,
  endOf: (container: string) => { readonly exitCode: number; readonly message?: string },
): PodState {
  const ends = new Map<string, ContainerState>()
  const stateOf = (name: string): ContainerState => {
    const known = ends.get(name)
    if (known !== undefined) return known
    const isKept = (containerSet?.dependencies[name] ?? []).some((other) => stateOf(other).exitCode !== 0)
    const end = isKept ? { exitCode: 143 } : endOf(name)
    const reason = end.exitCode === 0 ? 'Completed' : 'Error'
    const times = isKept ? {} : { startedAt: now, finishedAt: now }
    const state: ContainerState = { name, role: 'main', state: 'exited', ...times, ...end, reason }
    ends.set(name, state)
    return state
  }
  return { identity, phase: 'ended', ready: false, hostNodeName: 'simulated', containers: mains.map(stateOf) }
}

function collected(plan: PodPlan, { outputs = {}, result = outputs.result }: Mock): Omit<PodResult, 'state'> {
  const errors: string[] = []
  const parameters = plan.outputParameters.flatMap((wanted): Parameter[] => {
    const given = outputs.parameters?.[wanted.name]
    const value = given === undefined ? (wanted.default ?? unmockedValue) : (given ?? wanted.default)
    if (value !== undefined) return [{ name: wanted.name, value: String(value) }]
    errors.push(`open /var/run/argo/outputs/parameters${wanted.path}: no such file or directory`)
    return []
  })
  const artifacts = plan.outputArtifacts.filter((artifact) => {
    if (outputs.artifacts === undefined || outputs.artifacts.includes(artifact.name)) return true
    if (artifact.optional !== true)
      errors.push(`open /var/run/argo/outputs/artifacts${artifact.path ?? ''}.tgz: no such file or directory; `)
    return false
  })
  return {
    parameters,
    artifacts,
    ...(plan.captureResult ? { result: String(result ?? unmockedValue) } : {}),
    ...(errors.length === 0 ? {} : { collectError: errors.join('; ') }),
  }
}
