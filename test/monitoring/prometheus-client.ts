/** What the tests ask of Prometheus' API. */
export class PrometheusClient {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  /** The values of an instant query, whatever their labels. @throws where Prometheus refuses the query */
  async query(expr: string): Promise<readonly number[]> {
    const response = await fetch(`${this.#url}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query: expr }),
    })
    const answer = (await response.json()) as {
      readonly error?: string
      readonly data?: { readonly result: readonly { readonly value: readonly [number, string] }[] }
    }
    if (answer.error !== undefined) throw new Error(`${answer.error}: ${expr}`)
    return (answer.data?.result ?? []).map(({ value: [, text] }) => Number(text))
  }

  /** Names of Drydock's alerts that fire now, sorted. */
  async firing(): Promise<readonly string[]> {
    const response = await fetch(`${this.#url}/api/v1/alerts`)
    const { data } = (await response.json()) as {
      readonly data: {
        readonly alerts: readonly { readonly state: string; readonly labels: Readonly<Record<string, string>> }[]
      }
    }
    const names = data.alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels['alertname'] ?? '')
    return [...new Set(names)].filter((name) => name.startsWith('Drydock')).sort()
  }
}
