// The page of one run: follows it live, unfolds without a reload, and is worked with keys. Without JavaScript all of it are links and forms.
import "./run_looks.js";
import "./run_deeds.js";
import "./run_keys.js";
import { follow } from "./run_live.js";

follow(document.getElementById("run"));
