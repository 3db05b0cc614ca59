/** What may stand in Drydock's own settings file, beside Argo's keys (argo-settings.ts). */
import Type from 'typebox'
import type { Static } from 'typebox'
import { archiveSettings } from './archive-settings.ts'
import { argoSettings } from './argo-settings.ts'
import { controllerSettings } from './controller-settings.ts'
import { endpointSettings } from './endpoint-settings.ts'
import { storeSettings } from './store-settings.ts'
import { swarmSettings } from './swarm-settings.ts'
import { tableSettings } from './table-settings.ts'

const closed = { additionalProperties: false }
const port = (description: string) => Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535, description }))
const text = (description: string) => Type.Optional(Type.String({ description }))
const texts = (description: string) => Type.Optional(Type.Array(Type.String(), { description }))
const flag = (description: string) => Type.Optional(Type.Boolean({ description }))
const count = (description: string) => Type.Optional(Type.Integer({ minimum: 0, description }))

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]
const level = (description: string) =>
  Type.Optional(Type.Unsafe<LogLevel>({ type: 'string', enum: [...logLevels], description }))

export const ownSettings = {
  data: text('Folder of the database, logs and artifacts.'),
  folders: texts('Folders that are watched for manifests.'),
  namespace: text('Namespace of manifests that name none, and of the controller’s own ConfigMaps.'),
  timezone: text('Time zone of cron schedules and time tags that name none.'),
  instance: text('Marks our containers; two daemons on one Docker Engine need two.'),
  controller: controllerSettings,
  server: Type.Optional(
    Type.Object(
      {
        host: text('Address to listen on; anything but loopback needs a token.'),
        port: port('Port of the REST API.'),
        tokenFile: text('File with the bearer tokens that may use the API, one a line.'),
        baseHref: text('Path prefix under which a proxy shows the API.'),
        accessControlAllowOrigin: text('Value of the CORS header.'),
        allowedLinkProtocols: texts('Schemes that `links` may have.'),
      },
      closed,
    ),
  ),
  metrics: Type.Optional(
    Type.Object(
      {
        enabled: flag('Serve metrics.'),
        host: text('Address to listen on.'),
        port: port('Port of /metrics.'),
        path: text('Path.'),
        workflows: count('How many unfinished workflows, the oldest first, have metrics under their own names.'),
      },
      closed,
    ),
  ),
  policy: Type.Optional(
    Type.Object(
      {
        privileged: flag('Containers may be privileged.'),
        capabilities: texts('Linux capabilities that a container may add (`*`: all).'),
        hostPaths: texts('Folders of the host that may be mounted, with all below them.'),
        hostNamespaces: flag('Pods may use the host’s network, processes and IPC.'),
        devices: flag('Containers may use devices.'),
      },
      closed,
    ),
  ),
  capacity: Type.Optional(
    Type.Object(
      {
        cpus: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'Cores that requests may add up to.' })),
        memory: text('Memory that requests may add up to, such as `8Gi`.'),
        containersMax: count('Most containers at once.'),
        oversized: Type.Optional(
          Type.Unsafe<'wait' | 'run'>({
            type: 'string',
            enum: ['wait', 'run'],
            description: 'What becomes of a pod that asks for more than there is.',
          }),
        ),
      },
      closed,
    ),
  ),
  runtime: Type.Optional(
    Type.Unsafe<'docker' | 'swarm'>({
      type: 'string',
      enum: ['docker', 'swarm'],
      description: 'What runs containers: Docker, or the Docker Swarm that `docker.host` manages.',
    }),
  ),
  swarm: swarmSettings,
  docker: Type.Optional(
    Type.Object(
      {
        host: text('Docker Engine, as in DOCKER_HOST.'),
        network: text(
          'Network that pods join; needed where the daemon is a container itself. Default: Docker’s bridge.',
        ),
        endpoints: endpointSettings,
        startConcurrency: count('Most container starts at once; 0: found out while running.'),
        pullPolicy: Type.Optional(
          Type.Unsafe<'Argo' | 'IfNotPresent'>({
            type: 'string',
            enum: ['Argo', 'IfNotPresent'],
            description: 'Where a manifest says nothing: Always for `latest`, as Argo does, or IfNotPresent.',
          }),
        ),
      },
      closed,
    ),
  ),
  log: Type.Optional(
    Type.Object(
      {
        level: level('Least level that is written.'),
        format: Type.Optional(
          Type.Unsafe<'auto' | 'json' | 'pretty'>({
            type: 'string',
            enum: ['auto', 'json', 'pretty'],
            description: 'auto: pretty on a terminal.',
          }),
        ),
        components: Type.Optional(
          Type.Unsafe<Record<string, LogLevel>>({
            type: 'object',
            additionalProperties: { type: 'string', enum: [...logLevels] },
            description: 'Levels of single components: controller, daemon, docker, folder, metrics, server.',
          }),
        ),
      },
      closed,
    ),
  ),
  disk: Type.Optional(
    Type.Object(
      { freeMin: text('Space that must stay free, such as `1Gi`; with less the daemon is not ready.') },
      closed,
    ),
  ),
  folder: Type.Optional(
    Type.Object(
      {
        settleMs: count('How long a file written in place must be quiet before it is read.'),
        templateWaitMs: count('How long a workflow waits for a template that is not there yet.'),
        status: flag('Write `.status/` files.'),
      },
      closed,
    ),
  ),
  table: tableSettings,
  store: storeSettings,
  artifacts: Type.Optional(
    Type.Object({ dir: text('Folder of the built-in artifact store; default `<data>/artifacts`.') }, closed),
  ),
  plugins: Type.Optional(
    Type.Array(
      Type.Object(
        { name: Type.String(), address: Type.String(), tokenFile: text('File with the plugin’s token.') },
        closed,
      ),
      { description: 'Executor plugins and where they answer.' },
    ),
  ),
  executorPlugins: Type.Optional(
    Type.Object(
      {
        enabled: flag('Run executor plugins that lie as ConfigMaps as containers (Argo: ARGO_EXECUTOR_PLUGINS).'),
        workflowLevel: flag(
          'Let workflows bring executor plugins of their own (Argo: ARGO_WORKFLOW_LEVEL_EXECUTOR_PLUGINS).',
        ),
      },
      closed,
    ),
  ),
  pluginFolder: text('Folder of plugin modules that run in the daemon itself.'),
  watchRingSize: count('How many changes a watch may lag behind.'),
  finishedKept: count('Finished workflows kept in memory for readers.'),
  archive: archiveSettings,
  history: Type.Optional(
    Type.Object(
      {
        first: count('Decisions from a workflow’s beginning that its history keeps; default 20.'),
        newest: count('Newest decisions that it keeps beside those; 0 writes none; default 200.'),
      },
      closed,
    ),
  ),
}

export const settingsSchema = Type.Object({ ...ownSettings, ...argoSettings }, { ...closed, title: 'Drydock settings' })
export type Settings = Static<typeof settingsSchema>
