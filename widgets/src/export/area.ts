/** Where the outputs of a cell are, in each front end. */
export const AREA = ".jp-OutputArea, .output_wrapper, .cell-output, .cell_output";
