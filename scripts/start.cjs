/** `npm start`: the desktop window, once there is one; until then the same workbench in a browser. */
process.stdout.write('The desktop window is not there yet: this is the same workbench, in your browser.\n');
require('./web.cjs');
