// What every page does beyond plain HTML. Each part works alone, and every page works without all of them.
import "./shell_theme.js";
import "./shell_toasts.js";
import "./shell_dialogs.js";
import "./shell_menus.js";
import "./shell_keys.js";
import "./shell_focus.js";
import "./shell_copy.js";
