type Paths = string | readonly string[];

interface Rules {
  readonly forbidden: readonly {
    readonly from: { readonly path?: Paths };
    readonly to: { readonly path?: Paths; readonly pathNot?: Paths; readonly dependencyTypesNot?: readonly string[] };
  }[];
}

/** By room, the rooms that it may import from. */
export function arrowsOf(rules: Rules): Map<string, string[]>;
/** As Markdown. */
export function drawn(arrows: ReadonlyMap<string, readonly string[]>): string;
/** The text of ARCHITECTURE.md with its drawn part replaced. */
export function withDrawing(text: string, drawing: string): string;
