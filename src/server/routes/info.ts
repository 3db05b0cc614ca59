/** About the server: info, version, userinfo, and the answers for what Argo Events would serve. */
import type { Parts } from './parts.ts'

/** The version of Argo whose API this is. */
const argoVersion = 'v4.1.2'

export function infoRoutes({ routes, config, version }: Parts): void {
  routes.unary('get', '/api/v1/info', () => {
    // Read each time: they may change while the server runs.
    const { links = [], columns = [], navColor } = config.argo
    return {
      links: links.map((link) => ({ ...link, target: link.target ?? '' })),
      columns,
      ...(navColor !== undefined && { navColor }),
      modals: { feedback: false, firstTimeUser: false, newVersion: false },
    }
  })
  routes.unary('get', '/api/v1/userinfo', () => ({ serviceAccountNamespace: config.namespace }))
  routes.unary('get', '/api/v1/version', () => versionJson(version))
  routes.unary('post', '/api/v1/tracking/event', () => ({}))
  for (const kind of ['event-sources', 'sensors'])
    routes.unary('get', `/api/v1/${kind}/{namespace}`, () => ({ metadata: {}, items: [] }))
}

/** Eight texts, never absent. Clients compare `version` with Argo's; the build part says what it really is. */
function versionJson(version: string): object {
  return {
    version: `${argoVersion}+drydock.${version}`,
    buildDate: '1970-01-01T00:00:00Z',
    gitCommit: '',
    gitTag: `v${version}`,
    gitTreeState: 'clean',
    goVersion: 'none',
    compiler: `node ${process.version}`,
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  }
}

export const argoVersionHeader = { 'Grpc-Metadata-Argo-Version': argoVersion }
