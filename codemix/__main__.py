from codemix.cli import main

main()
