"""Many runs at once: what was given against what came of it, and runs compared in all they have."""
