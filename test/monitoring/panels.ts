/** What the panels of dashboards ask of Prometheus. */
export type PanelQuery = { readonly dashboard: string; readonly panel: string; readonly expr: string }

type Panel = { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }

/** Every query of every panel, template variables still in it. */
export function panelsOf(files: ReadonlyMap<string, string>): readonly PanelQuery[] {
  return [...files].flatMap(([dashboard, text]) =>
    (JSON.parse(text) as { panels: readonly Panel[] }).panels.flatMap(({ title: panel, targets = [] }) =>
      targets.map(({ expr }) => ({ dashboard, panel, expr })),
    ),
  )
}

/** As Grafana would send it with everything selected. */
export function filledIn(expr: string, rateInterval: string): string {
  return expr.replaceAll('$__rate_interval', rateInterval).replaceAll(/\$(workflow|template|lock)\b/g, '.*')
}
