/** resourcesDuration: how long a pod held what it asked for (semantics.md §2.2). */
import type { Container, ContainerState, PodState, Template } from '../resources/index.ts'
import { parseQuantity } from '../expressions/index.ts'

const defaults: Readonly<Record<string, string>> = { cpu: '100m', memory: '100Mi' }
const units: Readonly<Record<string, string>> = { memory: '100Mi', storage: '10Gi', 'ephemeral-storage': '10Gi' }

/** Amount × whole seconds ÷ unit, integer division, summed over the pod's containers. */
export function podDuration(template: Template, state: PodState): Record<string, number> {
  const [only] = state.containers
  if (state.containers.length === 1 && only?.startedAt !== undefined && secondsOf(only) === 0) {
    const { requests, limits } = containerOf(template, only.name)?.resources ?? {}
    if (requests === undefined && limits === undefined) return nothingHeld
  }
  const total: Record<string, number> = {}
  for (const container of state.containers) {
    if (container.startedAt === undefined) continue
    const seconds = secondsOf(container)
    for (const [resource, amount] of amountsOf(containerOf(template, container.name))) {
      const unit = milliOf(units[resource] ?? '1')
      const held = seconds === 0 ? 0 : Number((milliOf(amount) * BigInt(seconds)) / (unit === 0n ? 1n : unit))
      total[resource] = (total[resource] ?? 0) + held
    }
  }
  return total
}

/** Of short pods, which share it. */
const nothingHeld: Record<string, number> = Object.freeze({ cpu: 0, memory: 0 })

function secondsOf({ startedAt, finishedAt }: ContainerState): number {
  return startedAt === undefined || finishedAt === undefined ? 0 : Math.floor((finishedAt - startedAt) / 1000)
}

function containerOf(template: Template, name: string): Pick<Container, 'resources'> | undefined {
  if (name === 'main') return template.container ?? template.script
  return [
    ...(template.containerSet?.containers ?? []),
    ...(template.sidecars ?? []),
    ...(template.initContainers ?? []),
  ].find((container) => container.name === name)
}

const defaultAmounts = Object.entries(defaults)

function amountsOf(container: Pick<Container, 'resources'> | undefined): readonly (readonly [string, string])[] {
  const { requests, limits } = container?.resources ?? {}
  if (requests === undefined && limits === undefined) return defaultAmounts
  return Object.entries({ ...defaults, ...limits, ...requests }).map(([name, amount]) => [name, String(amount)])
}

/** Of the texts of this file, which every pod needs. */
const wellKnown = new Map([...Object.values(defaults), ...Object.values(units), '1'].map((text) => [text, milli(text)]))

const milliOf = (quantity: string): bigint => wellKnown.get(quantity) ?? milli(quantity)

function milli(quantity: string): bigint {
  const parsed = parseQuantity(quantity)
  return parsed.ok ? BigInt(parsed.value.milli) : 0n
}
