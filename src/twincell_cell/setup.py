from setuptools import find_packages, setup

package = "twincell_cell"

setup(
    name=package,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={package: ["*.html", "report/*.css"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/" + package]),
        ("share/" + package, ["package.xml"]),
        ("share/" + package + "/launch", ["launch/cell.launch.py"]),
    ],
    install_requires=["setuptools"],
    zip_safe=False,
    maintainer="twincell maintainers",
    maintainer_email="maintainers@twincell.dev",
    description="The node graph as data, cell services, demo, launch and the twincell command",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "cell_node = twincell_cell.cell_node:main",
            "viewer_node = twincell_cell.viewer_node:main",
        ]
    },
)
