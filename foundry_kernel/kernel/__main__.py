"""Start the kernel: `python -m foundry_kernel.kernel -f CONNECTION_FILE`, as the kernelspec does."""

from foundry_kernel.kernel.kernel import start

if __name__ == "__main__":
    start()
