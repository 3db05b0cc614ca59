/** What a swarm looks like from here, for `drydock doctor`: asked once, changing nothing. */
import { EngineClient } from '../docker/client.ts'
import { type EngineAddress, describeAddress } from '../docker/connection.ts'
import { Manager } from './manager.ts'
import type { SwarmRuntimeOptions } from './swarm-runtime.ts'
import type { SwarmNode } from './wire.ts'

export type SurveyedNode = {
  readonly hostname: string
  readonly state: string
  readonly availability: string
  /** Of its engine; `null`: none is known. */
  readonly address: string | null
  /** Why its engine cannot be used; empty where it can. */
  readonly trouble: string
}

export type Survey =
  | { readonly ok: true; readonly version: string; readonly managers: number; readonly nodes: readonly SurveyedNode[] }
  | { readonly ok: false; readonly reason: string }

/** Never throws: trouble is an answer. */
export async function surveySwarm({
  managers,
  addressOf,
}: Pick<SwarmRuntimeOptions, 'managers' | 'addressOf'>): Promise<Survey> {
  const manager = new Manager(managers)
  try {
    const { version, nodeId, managers: count } = await manager.facts()
    const own = manager.address
    const surveyed = (await manager.nodes()).map((node) =>
      surveyNode(node, addressOf(node) ?? (node.id === nodeId ? own : null)),
    )
    const nodes = (await Promise.all(surveyed)).sort((a, b) => (a.hostname < b.hostname ? -1 : 1))
    return { ok: true, version, managers: count, nodes }
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) }
  } finally {
    manager.close()
  }
}

async function surveyNode(node: SwarmNode, address: EngineAddress | null): Promise<SurveyedNode> {
  const { hostname, state, availability } = node
  const trouble = address === null ? 'no address is known' : await troubleAt(address, node.id)
  return { hostname, state, availability, address: address === null ? null : describeAddress(address), trouble }
}

async function troubleAt(address: EngineAddress, nodeId: string): Promise<string> {
  const client = new EngineClient(address)
  try {
    const info = (await client.json('info', 'GET', '/info', { deadlineMs: 10_000 })) as { Swarm?: { NodeID?: string } }
    return info.Swarm?.NodeID === nodeId ? '' : 'another engine answers there'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    client.close()
  }
}
