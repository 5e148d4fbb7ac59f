"""Start the command line: `python -m foundry_kernel.cli`."""

from foundry_kernel.cli import main

if __name__ == "__main__":
    main(prog_name="foundry-kernel")
