import { ExpectedFailure } from '../failure.ts';

export class ExportRefused extends ExpectedFailure {}
