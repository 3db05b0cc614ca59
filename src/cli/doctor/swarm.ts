/** What doctor asks a Docker Swarm: its managers, and each node's engine. */
import type { Config } from '../../config/index.ts'
import { nodeAddresses } from '../../main/swarm.ts'
import { engineAt, findEngine } from '../../runtime/docker/index.ts'
import { type SurveyedNode, surveySwarm } from '../../runtime/swarm/index.ts'
import type { Check } from './check.ts'

/** @param host the first manager; absent: where Docker's own clients look */
export async function swarmChecks(config: Pick<Config, 'swarm'>, host: string | undefined): Promise<readonly Check[]> {
  const first = await findEngine({ env: host === undefined ? process.env : { ...process.env, DOCKER_HOST: host } })
  const { managers: others, certs } = config.swarm
  const managers = [...(first.found ? [first.address] : []), ...others.map((other) => engineAt(other, certs))]
  if (managers.length === 0)
    return [{ id: 'swarm', state: 'bad', what: 'no swarm manager answers', ...adviceOf(first) }]
  const survey = await surveySwarm({ managers, addressOf: nodeAddresses(config) })
  if (!survey.ok)
    return [
      {
        id: 'swarm',
        state: 'bad',
        what: `no swarm: ${survey.reason}`,
        advice: 'docker.host and swarm.managers have to name managers: `docker node ls` works there',
      },
    ]
  const { nodes, managers: count } = survey
  const usable = nodes.filter((node) => node.trouble === '' && node.state === 'ready')
  return [
    {
      id: 'swarm',
      state: usable.length > 0 ? 'fine' : 'bad',
      what: `Docker Swarm of ${nodes.length} nodes, ${usable.length} of which can have pods`,
      advice: 'name the engines of the nodes: swarm.nodes, swarm.nodeAddress',
    },
    {
      id: 'swarm-managers',
      state: count % 2 === 1 ? 'fine' : 'poor',
      what: `${count} manager${count === 1 ? '' : 's'}`,
      advice: 'an even number bears no more losses than one less: docker node promote or demote',
    },
    ...nodes.map(nodeCheck),
  ]
}

const adviceOf = (search: { readonly found: boolean; readonly message?: string }) =>
  search.message === undefined ? {} : { advice: search.message }

function nodeCheck({ hostname, state, availability, address, trouble }: SurveyedNode): Check {
  const id = `swarm-node-${hostname}`
  const place = address === null ? '' : ` at ${address}`
  if (address === null)
    return {
      id,
      state: 'poor',
      what: `node ${hostname}: no address of its engine is known, so no pod is placed there`,
      advice: 'swarm.nodes or swarm.nodeAddress in the settings',
    }
  if (trouble !== '')
    return { id, state: 'bad', what: `node ${hostname}${place} cannot be used: ${trouble}`, advice: 'docs/swarm.md' }
  if (state !== 'ready' || availability !== 'active')
    return {
      id,
      state: 'poor',
      what: `node ${hostname}${place} is ${state}, ${availability}`,
      advice: 'docker node ls',
    }
  return { id, state: 'fine', what: `node ${hostname}${place}` }
}
