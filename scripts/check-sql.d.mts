export declare function sqlIn(path: string, text: string): { line: number; text: string }[];
